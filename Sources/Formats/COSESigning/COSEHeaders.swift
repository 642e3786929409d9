package import CBORCoding

/// One bucket of header parameters, protected or unprotected (RFC 9052 §3.1, RFC 9360 §2).
package struct COSEHeaders: Sendable, Hashable {
    package var algorithm: COSEAlgorithm?
    /// The labels that a verifier must process; only allowed in the protected bucket.
    package var critical: [Int64]
    package var contentType: COSEContentType?
    package var keyID: [UInt8]?
    /// The certificates in DER, the signer's first.
    package var certificateChain: [[UInt8]]
    /// The SHA-256 of the signer's certificate in DER, 32 bytes.
    package var certificateThumbprint: [UInt8]?
    /// The parameters that have no property of their own, with their labels.
    package var others: [CBORPair]

    package init(
        algorithm: COSEAlgorithm? = nil,
        critical: [Int64] = [],
        contentType: COSEContentType? = nil,
        keyID: [UInt8]? = nil,
        certificateChain: [[UInt8]] = [],
        certificateThumbprint: [UInt8]? = nil,
        others: [CBORPair] = []
    ) {
        self.algorithm = algorithm
        self.critical = critical
        self.contentType = contentType
        self.keyID = keyID
        self.certificateChain = certificateChain
        self.certificateThumbprint = certificateThumbprint
        self.others = others
    }

    /// A parameter that has no property of its own.
    package subscript(_ label: Int64) -> CBORValue? {
        others.first { $0.key == .integer(label) }?.value
    }
}

/// The labels with a property in `COSEHeaders`.
enum COSELabel {
    static let algorithm: Int64 = 1
    static let critical: Int64 = 2
    static let contentType: Int64 = 3
    static let keyID: Int64 = 4
    static let certificateChain: Int64 = 33
    static let certificateThumbprint: Int64 = 34

    static let known: Set<Int64> = [
        algorithm, critical, contentType, keyID, certificateChain, certificateThumbprint,
    ]
}
