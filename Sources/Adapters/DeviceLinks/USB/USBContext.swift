import CLibUSB
import CORProtocol
import Glibc
import Synchronization

/// A libusb context, and news that devices came or went where it is to tell of them.
///
/// Contexts are made when USB is first used: an agent without USB pays nothing for it.
/// Safe because libusb lets any thread use a context, and `pointer` never changes.
final class USBContext: @unchecked Sendable {
    struct Fault: Error {
        var reason: String
    }

    let pointer: OpaquePointer
    private let hasChanged = Atomic<Bool>(false)

    /// - Parameter tellsOfChanges: whether `takeChange` is of use.
    init(tellsOfChanges: Bool) throws(Fault) {
        var made: OpaquePointer?
        let code = libusb_init(&made)
        guard code == 0, let made else {
            throw Fault(reason: "libusb cannot start: \(String(cString: libusb_error_name(code)))")
        }
        pointer = made
        corhub_libusb_log_nothing(made)
        guard tellsOfChanges else { return }
        let events = LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED.rawValue | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT.rawValue
        // Where this fails, looking again does without.
        libusb_hotplug_register_callback(
            made, Int32(bitPattern: events), 0, Int32(CORTransport.usbVendorID), Int32(CORTransport.usbProductID),
            LIBUSB_HOTPLUG_MATCH_ANY,
            { @Sendable _, _, _, context in
                // In here libusb's own locks are held: it is noted, and nothing else.
                if let context {
                    Unmanaged<USBContext>.fromOpaque(context).takeUnretainedValue()
                        .hasChanged.store(true, ordering: .releasing)
                }
                return 0
            }, Unmanaged.passUnretained(self).toOpaque(), nil)
    }

    deinit {
        libusb_exit(pointer)
    }

    /// Whether devices came or went since the last time this was asked.
    func takeChange() -> Bool {
        hasChanged.exchange(false, ordering: .acquiring)
    }

    /// Waits for events of transfers and of devices, and has their callbacks called; returns early after `interrupt`.
    func handleEvents(for duration: Duration) {
        let (seconds, attoseconds) = max(duration, .zero).components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        libusb_handle_events_timeout_completed(pointer, &time, nil)
    }

    func interrupt() {
        libusb_interrupt_event_handler(pointer)
    }
}
