"""The model of what an object holds, against SQLAlchemy: random programs, each step compared.

`schemas` draws mapped classes, `machine` draws programs, `world` runs them on a real session and on
the model, `seen` tells the model what SQLAlchemy did. 5,000 steps from one seed are a test, nearly
the same ones on every run: SQLAlchemy goes through sets, and so not always in one order. More, with
a seed that is printed:

    uv run python -m tests.machine.run --steps 100000

A program that ends in a disagreement is cut down by `program` to what it needs. What the machine
found is in `test_regressions`. In one program of four a watch is on, and the cause that it gives
for a failing read is compared with the model's; `causes` has the pairs that may differ. The
machine does not draw what is left out here, most of it because the outcome hangs on rows that a
model of one object does not see:

- wildcards and `load_only()` for a class with subclasses: as later loads of an object of a subclass
  have them, they are for the attributes of the base alone, which an `Option` cannot say;
- a strategy that is refused only where there is a row to load it for: one for a query, one that
  leads back, one for which a key is left out;
- `polymorphic_load="selectin"` with `populate_existing`, or on a base with a column that refuses to
  load: its statement leaves a plain deferral on what it does not bring;
- a bulk UPDATE of a column on which a statement left something, which 2.1 forgets and 2.0 did not;
- `expunge()` and `delete()` of what was inserted in the transaction that is open;
- `merge()`, streams, RETURNING, `contains_eager()`, `recursion_depth`, `noload`, autoflush.

An object that one result may bring at several paths is compared as far as the paths agree; so are
attributes whose key is in doubt. The subquery load of a subclass's relationship below a join may
fail or not, since 2.1, and an operation that leads to more than 120 statements is stopped, and
its program is over: there SQLAlchemy walks a cycle without end. Where SQLite cannot join so many
tables, and after an error of SQLAlchemy's own (`OWN_ERROR` in `world`), a program goes on.
"""
