/// The paths and media types of EST (RFC 7030 §3.2).
package enum ESTPath {
    package static let authorityCertificates = "/.well-known/est/cacerts"
    package static let enrol = "/.well-known/est/simpleenroll"
    package static let reenrol = "/.well-known/est/simplereenroll"
    /// The certificates for signing batches come from the authority by this label (RFC 7030 §3.2.2).
    package static let enrolSigning = "/.well-known/est/signing/simpleenroll"
    package static let reenrolSigning = "/.well-known/est/signing/simplereenroll"

    /// Sent for those who follow RFC 7030 to the letter, and not looked at: bodies are base64 in any case (RFC 8951 §3.1).
    package static let encodingField = "Content-Transfer-Encoding"
    package static let encoding = "base64"

    package static let requestType = "application/pkcs10"
    package static let certificatesType = "application/pkcs7-mime"
    /// With its parameter, as it is sent (RFC 7030 §4.2.3).
    package static let certificatesTypeSent = "application/pkcs7-mime; smime-type=certs-only"
}
