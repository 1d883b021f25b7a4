"""What `pytest --loadwise` does: imported with the option, or by who asks for the fixture."""
