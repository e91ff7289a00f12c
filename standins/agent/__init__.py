"""A stand-in for one OpenHands agent-server 1.58: the same answers to the calls that Handover makes, and a small agent.

It starts in half a second and weighs 40 MB: for tests with hundreds of runs. The real one is what people use.
"""
