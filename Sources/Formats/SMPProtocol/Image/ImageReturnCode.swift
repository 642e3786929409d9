/// The image group's own error codes, as Zephyr 4.4 numbers them (`img_mgmt_err_code_t`).
package enum ImageReturnCode: UInt16, Sendable, Hashable, CaseIterable {
    case ok = 0
    case unknown = 1
    case flashConfigurationQueryFailed = 2
    case noImage = 3
    case noTLVs = 4
    case invalidTLV = 5
    case multipleHashTLVs = 6
    case invalidTLVSize = 7
    case hashNotFound = 8
    case noFreeSlot = 9
    case flashOpenFailed = 10
    case flashReadFailed = 11
    case flashWriteFailed = 12
    case flashEraseFailed = 13
    case invalidSlot = 14
    case noFreeMemory = 15
    case flashContextAlreadySet = 16
    case flashContextNotSet = 17
    case flashAreaDeviceNull = 18
    case invalidPageOffset = 19
    case invalidOffset = 20
    case invalidLength = 21
    case invalidImageHeader = 22
    case invalidImageHeaderMagic = 23
    case invalidHash = 24
    case invalidFlashAddress = 25
    case versionReadFailed = 26
    case currentVersionIsNewer = 27
    case imageAlreadyPending = 28
    case invalidImageVectorTable = 29
    case imageTooLarge = 30
    case imageDataOverrun = 31
    case imageConfirmationDenied = 32
    case testOfActiveImageDenied = 33
    case activeSlotNotKnown = 34
}

extension SMPFailure {
    /// The image group's meaning of the code; nil where the code is not of that group.
    package var imageReturnCode: ImageReturnCode? {
        group == SMPGroup.image ? ImageReturnCode(rawValue: code) : nil
    }
}
