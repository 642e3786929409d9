"""A second COR One, written from firmware-specs/ alone.

Whoever wrote this device had the folder firmware-specs/, the documents that it names (RFC 8949, RFC 9052, MCUmgr's SMP,
MCUboot's image format) and nothing else: neither the hub's sources nor the virtual COR One. It must stay so. Where it and
the hub differ, the specification decides which of the two is wrong; where the specification is silent, it is what is
mended. Whoever changes this folder reads firmware-specs/ and looks nowhere else.

It speaks over UDP, keeps what must survive a power cut in a folder, and takes part in the tests of
Tests/Integration/EndToEnd/test_second_device.py.
"""
