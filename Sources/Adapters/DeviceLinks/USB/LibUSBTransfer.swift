import CLibUSB
import HubCore

/// One transfer of libusb with its buffer. Only its link's thread touches it, in libusb's callback too.
final class LibUSBTransfer {
    enum Purpose: Equatable {
        case read(USBPipe)
        case write
    }

    let pointer: UnsafeMutablePointer<libusb_transfer>
    private(set) var purpose = Purpose.write
    /// libusb did not take it.
    var isRefused = false
    private let ended: (LibUSBTransfer) -> Void
    private var buffer: UnsafeMutableBufferPointer<UInt8>

    /// Nil where there is no memory.
    ///
    /// - Parameter ended: called with this transfer each time that libusb has ended it.
    init?(ended: @escaping (LibUSBTransfer) -> Void) {
        guard let pointer = libusb_alloc_transfer(0) else { return nil }
        self.pointer = pointer
        self.ended = ended
        buffer = .allocate(capacity: 0)
    }

    deinit {
        libusb_free_transfer(pointer)
        buffer.deallocate()
    }

    func prepare(_ purpose: Purpose, length: Int) {
        self.purpose = purpose
        isRefused = false
        if buffer.count < length {
            buffer.deallocate()
            // Not filled, so that of a buffer for the longest message only what comes takes memory; `bytes` are those that came.
            buffer = .allocate(capacity: length)
        }
    }

    func copyIn(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { _ = buffer.update(from: $0) }
    }

    /// - Parameter timeoutMilliseconds: 0 is for ever.
    func fill(
        _ handle: OpaquePointer, endpoint: UInt8, type: libusb_transfer_type, length: Int,
        timeoutMilliseconds: UInt32 = 0, addsZeroPacket: Bool = false
    ) {
        libusb_fill_bulk_transfer(
            pointer, handle, endpoint, buffer.baseAddress, Int32(length),
            { @Sendable pointer in
                guard let context = pointer?.pointee.user_data else { return }
                let transfer = Unmanaged<LibUSBTransfer>.fromOpaque(context).takeUnretainedValue()
                transfer.ended(transfer)
            }, Unmanaged.passUnretained(self).toOpaque(), timeoutMilliseconds)
        pointer.pointee.type = UInt8(type.rawValue)
        pointer.pointee.flags = addsZeroPacket ? UInt8(LIBUSB_TRANSFER_ADD_ZERO_PACKET.rawValue) : 0
    }

    var actualLength: Int { isRefused ? 0 : Int(pointer.pointee.actual_length) }

    var bytes: [UInt8] { Array(UnsafeBufferPointer(rebasing: buffer.prefix(actualLength))) }

    /// What libusb said, in the core's words: the one table of this adapter.
    var status: USBTransferStatus {
        if isRefused { return .gone }
        return switch pointer.pointee.status {
        case LIBUSB_TRANSFER_COMPLETED: .completed
        case LIBUSB_TRANSFER_TIMED_OUT: .timedOut
        case LIBUSB_TRANSFER_CANCELLED: .cancelled
        case LIBUSB_TRANSFER_STALL: .stalled
        case LIBUSB_TRANSFER_OVERFLOW: .overflowed
        default: .gone  // NO_DEVICE and ERROR.
        }
    }
}
