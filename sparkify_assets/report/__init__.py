"""What people read: tables and progress on a terminal. Figures come from the warehouse; nothing here changes data."""
