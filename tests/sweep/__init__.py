"""The program killed, and its system calls made to fail, one after another."""
