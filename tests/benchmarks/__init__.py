"""Benchmarks: figures for people to read. They assert nothing; run them one by one."""
