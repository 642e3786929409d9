/// Why bytes are not what EST carries.
package enum ESTError: Error, Sendable, Hashable, CustomStringConvertible {
    case tooLong(lengthMax: Int)
    case notBase64
    /// Not CMS SignedData, in BER or DER.
    case notSignedData
    /// None, or too many.
    case certificateCount(Int)
    /// What is to be sent is not DER.
    case notCertificates

    package var description: String {
        switch self {
        case .tooLong(let lengthMax): "longer than \(lengthMax) bytes"
        case .notBase64: "not base64"
        case .notSignedData: "no certs-only PKCS#7"
        case .certificateCount(let count):
            "\(count) certificates, 1 to \(CertsOnlyMessage.certificateCountMax) expected"
        case .notCertificates: "not certificates in DER"
        }
    }
}
