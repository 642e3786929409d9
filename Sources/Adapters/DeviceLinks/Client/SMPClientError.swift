package import HubCore
package import SMPProtocol

/// Why a request of a client has no answer to give.
package enum SMPClientError: Error, Sendable, Hashable {
    /// The device answered, and refused.
    case refused(SMPFailure)
    case exchangeFailed(SMPExchangeError)
    /// The device answered what is no answer to the request.
    case responseMalformed(SMPError)
    /// The task that waited was cancelled. Whether the device acted is uncertain.
    case cancelled
}

/// Why an upload of a client has ended early.
package enum SMPUploadError: Error, Sendable, Hashable {
    case failed(ImageUploadError)
    /// The task that waited was cancelled; the device keeps what it has, and the same file resumes.
    case cancelled
    /// Another upload runs on this client.
    case busy
}
