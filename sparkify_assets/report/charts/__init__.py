"""The insights drawn as charts, their colours and their axes. Where a chart is shown belongs in `pages/`."""
