#include <libusb.h>

/* libusb_set_option is variadic, which Swift cannot call. */
static inline int corhub_libusb_log_nothing(libusb_context *context) {
    return libusb_set_option(context, LIBUSB_OPTION_LOG_LEVEL, (int)LIBUSB_LOG_LEVEL_NONE);
}
