package import SMPProtocol

/// The codes of the image group that the virtual device answers with: Zephyr 4, `img_mgmt_err_code_t`.
package enum ImageRefusal: UInt16, Error, Sendable, Hashable {
    case noImage = 3
    case hashNotFound = 8
    case noFreeSlot = 9
    case invalidSlot = 14
    case invalidHash = 24
    case runningIsNewer = 27
    case alreadyPending = 28
    case tooLarge = 30
    case dataOverrun = 31
    case testOfRunningDenied = 33

    package var failure: SMPFailure {
        SMPFailure(group: SMPGroup.image, code: rawValue)
    }
}
