"""What is loaded when: a page of the documentation, and the texts that `loadwise explain` prints.

All of it is computed by the model in `core/`: `plan_of`, `apply`, `read` and `cost`.
"""
