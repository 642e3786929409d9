import SwiftASN1
import X509

extension DistinguishedName {
    /// The text of the one attribute of this type; nil when there is none, more than one, or no text.
    func text(of type: ASN1ObjectIdentifier) -> String? {
        let attributes = flatMap { Array($0) }.filter { $0.type == type }
        guard attributes.count == 1, let attribute = attributes.first else { return nil }
        return String(attribute.value)
    }

    var commonName: String? { text(of: .RDNAttributeType.commonName) }

    /// `serialNumber`, 2.5.4.5 (RFC 4519 §2.31).
    var serialNumber: String? { text(of: [2, 5, 4, 5]) }
}
