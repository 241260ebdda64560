"""The vocabulary as types. Imports nothing else of wye."""
