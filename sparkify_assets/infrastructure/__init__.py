"""The warehouse in AWS, as a CloudFormation stack.

`warehouse.yaml` is the template, which can be used without this package. The modules are thin commands over it: AWS
keeps what is there, orders it, waits, rolls back and finds drift. Assets never call this package.
"""
