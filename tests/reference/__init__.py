"""Search as its contract says it, in plain Python over plain dictionaries: slow, short, and read by eye.

Written from the API's documentation alone; it shares no line and no library with what it judges.
"""
