/* The plainest loop on libusb: SMP echo requests of 60,000 bytes out and their answers in, one at a time, synchronously.
   Prints MB/s both ways together; what the hub's link is measured beside. */
#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LENGTH = 60000, ROUNDS = 300, TEXT = LENGTH - 14 };

static unsigned char out[LENGTH], in[LENGTH + 512];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 3 || libusb_init(NULL)) return 1;
    libusb_device_handle *device = libusb_open_device_with_vid_pid(
        NULL, strtoul(arguments[1], NULL, 16), strtoul(arguments[2], NULL, 16));
    if (!device || libusb_claim_interface(device, 0)) return 2;
    const unsigned char head[14] = {0x0A, 0, (LENGTH - 8) >> 8, (LENGTH - 8) & 255, 0, 0, 1, 0,
                                    0xA1, 0x61, 'd', 0x79, TEXT >> 8, TEXT & 255};
    memcpy(out, head, sizeof head);
    memset(out + sizeof head, 'x', TEXT);
    double start = now();
    for (int round = 0; round < ROUNDS; round++) {
        int done = 0, length = 0;
        if (libusb_bulk_transfer(device, 0x01, out, LENGTH, &done, 10000) || done != LENGTH) return 3;
        while (length < LENGTH) {
            if (libusb_bulk_transfer(device, 0x82, in + length, sizeof in - length, &done, 10000)) return 4;
            length += done;
        }
    }
    printf("%.3f\n", 2.0 * ROUNDS * LENGTH / 1e6 / (now() - start));
    libusb_release_interface(device, 0);
    libusb_close(device);
    return 0;
}
