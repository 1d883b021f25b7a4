"""The model of what an object holds, against SQLAlchemy: random programs, each step compared.

`schemas` draws mapped classes, `machine` draws programs, `world` runs them on a real session and on
the model, `seen` tells the model what SQLAlchemy did. 5,000 steps belong to the tests; more, with a
seed that is printed:

    uv run python -m tests.machine.run --steps 100000
"""
