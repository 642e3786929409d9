// The kernel's Bluetooth sockets, whose addresses and options Swift's Glibc does not have: management (the control channel
// of HCI) and ATT over LE (fixed channel 4 of L2CAP). No logic beyond the calls; only headers of BlueZ are used.
//
// A failure is returned as a negative errno (-EPERM, …). Sockets do not block and are closed on exec.

#ifndef CORHUB_BLUETOOTH_H
#define CORHUB_BLUETOOTH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A socket bound to the management channel of all controllers: doc/mgmt-api of BlueZ. Returns the descriptor.
int corhub_bluetooth_management_socket(void);

/// Turns a controller off without its help, and ends what is under way on it: HCIDEVDOWN. May take some seconds. Returns 0.
int corhub_bluetooth_force_off(uint16_t index);

/// A socket for ATT over LE, not connected, at low security. Returns the descriptor.
int corhub_bluetooth_att_socket(void);

/// Starts to connect to a device. `address` is 6 bytes, the least significant first; `kind` is 1 public or 2 random.
/// Returns 0, or -EINPROGRESS: the socket can be written to once it is connected.
int corhub_bluetooth_connect(int socket, const uint8_t *address, uint8_t kind);

/// BT_SECURITY. Returns 0 as soon as the kernel has begun.
int corhub_bluetooth_set_security(int socket, uint8_t level);

/// BT_SECURITY: the level, and the length of the key in bytes, 0 where nothing is encrypted. Returns 0.
int corhub_bluetooth_security(int socket, uint8_t *level, uint8_t *key_size);

/// SO_ERROR, and clears it. Returns the error, 0 for none, or a negative errno of the call itself.
int corhub_bluetooth_socket_error(int socket);

#ifdef __cplusplus
}
#endif

#endif
