#include "CBluetooth.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/l2cap.h>

static int close_with(int descriptor, int code) {
    close(descriptor);
    return -code;
}

int corhub_bluetooth_management_socket(void) {
    int descriptor = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, BTPROTO_HCI);
    if (descriptor < 0) {
        return -errno;
    }
    struct sockaddr_hci address = {
        .hci_family = AF_BLUETOOTH, .hci_dev = HCI_DEV_NONE, .hci_channel = HCI_CHANNEL_CONTROL};
    if (bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        return close_with(descriptor, errno);
    }
    return descriptor;
}

int corhub_bluetooth_force_off(uint16_t index) {
    int descriptor = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);
    if (descriptor < 0) {
        return -errno;
    }
    int code = ioctl(descriptor, HCIDEVDOWN, (unsigned long)index) == 0 ? 0 : -errno;
    close(descriptor);
    return code;
}

static struct sockaddr_l2 att_address(uint8_t kind) {
    // The fixed channel 4 carries ATT: Core Specification, volume 3, part A, §2.1.
    return (struct sockaddr_l2){.l2_family = AF_BLUETOOTH, .l2_cid = htobs(4), .l2_bdaddr_type = kind};
}

int corhub_bluetooth_att_socket(void) {
    int descriptor = socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, BTPROTO_L2CAP);
    if (descriptor < 0) {
        return -errno;
    }
    struct sockaddr_l2 own = att_address(BDADDR_LE_PUBLIC);
    if (bind(descriptor, (const struct sockaddr *)&own, sizeof own) != 0) {
        return close_with(descriptor, errno);
    }
    int code = corhub_bluetooth_set_security(descriptor, BT_SECURITY_LOW);
    return code == 0 ? descriptor : close_with(descriptor, -code);
}

int corhub_bluetooth_connect(int socket, const uint8_t *address, uint8_t kind) {
    struct sockaddr_l2 peer = att_address(kind);
    memcpy(&peer.l2_bdaddr, address, sizeof peer.l2_bdaddr);
    return connect(socket, (const struct sockaddr *)&peer, sizeof peer) == 0 ? 0 : -errno;
}

int corhub_bluetooth_set_security(int socket, uint8_t level) {
    struct bt_security security = {.level = level};
    return setsockopt(socket, SOL_BLUETOOTH, BT_SECURITY, &security, sizeof security) == 0 ? 0 : -errno;
}

int corhub_bluetooth_security(int socket, uint8_t *level, uint8_t *key_size) {
    struct bt_security security = {0};
    socklen_t length = sizeof security;
    if (getsockopt(socket, SOL_BLUETOOTH, BT_SECURITY, &security, &length) != 0) {
        return -errno;
    }
    *level = security.level;
    *key_size = security.key_size;
    return 0;
}

int corhub_bluetooth_socket_error(int socket) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : -errno;
}
