import HubCore
import NIOSSL

extension TLSFault {
    /// nil when the error is none of TLS.
    init?(_ error: any Error) {
        switch error {
        case let error as NIOSSLExtraError
        where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
            self = .peerNameMismatch
        case NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate,
            NIOSSLError.cannotMatchULabel:
            self = .peerNotTrusted
        case NIOSSLError.handshakeFailed(let error), NIOSSLError.shutdownFailed(let error):
            self = Self(error)
        case let error as BoringSSLError:
            self = Self(error)
        case is NIOSSLError, is NIOSSLExtraError:
            self = .handshakeFailed(reason: "\(error)")
        default:
            return nil
        }
    }

    private init(_ error: BoringSSLError) {
        guard case .sslError(let stack) = error else {
            self = .handshakeFailed(reason: "no TLS at the other end")
            return
        }
        let reasons = stack.map { Self.reason(in: "\($0)") }
        if reasons.contains("CERTIFICATE_VERIFY_FAILED") {
            self = .peerNotTrusted
        } else if reasons.contains(where: ownCertificateAlerts.contains) {
            self = .ownCertificateRefused
        } else {
            self = .handshakeFailed(reason: reasons.first ?? "unknown")
        }
    }

    /// BoringSSL prints "error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at file:line".
    private static func reason(in text: String) -> String {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let marker = parts.firstIndex(of: "OPENSSL_internal"), parts.indices.contains(marker + 1) else {
            return "no TLS at the other end"
        }
        return String(parts[marker + 1].prefix { $0 != " " })
    }
}

/// Alerts by which a server says that it does not take a client's certificate (RFC 8446 §6.2), as BoringSSL names them.
private let ownCertificateAlerts: Set<String> = [
    "TLSV1_ALERT_CERTIFICATE_REQUIRED",
    "TLSV1_CERTIFICATE_REQUIRED",
    "TLSV1_ALERT_UNKNOWN_CA",
    "TLSV1_ALERT_ACCESS_DENIED",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_NO_CERTIFICATE",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_REVOKED",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
]
