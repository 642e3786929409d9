package import SMPProtocol

/// Why an upload ended without the whole file on the device.
package enum ImageUploadError: Error, Sendable, Hashable {
    case imageEmpty
    case imageTooLong(length: Int, max: Int)
    /// The device's buffers leave no room for data beside the first chunk's fields.
    case bufferTooSmall(messageLengthMax: Int)
    /// The device refused a chunk.
    case refused(SMPFailure)
    case exchangeFailed(SMPExchangeError)
    case responseMalformed(SMPError)
    /// The device asks for a byte beyond the end of the file.
    case offsetBeyondEnd(offset: Int, length: Int)
    /// The device went back this often without getting further.
    case setbacks(count: Int, offset: Int)
    /// The device computed another digest over the file than was announced.
    case digestMismatch
}
