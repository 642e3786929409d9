package import CORProtocol
package import Crypto

/// Who the virtual device is: its serial, its key and the certificates that it can show.
package struct DeviceIdentity: Sendable {
    package let serial: DeviceSerial
    package let key: P256.Signing.PrivateKey
    /// The certificate in DER that tells the truth.
    package let certificate: [UInt8]
    /// The same, from an authority that nobody trusts.
    package let untrustedCertificate: [UInt8]
    /// From the right authority, for another serial.
    package let otherSerialCertificate: [UInt8]

    /// The identity of `serial` under `authority`. Without `certificate`, a new one is made.
    package init(
        serial: DeviceSerial, key: P256.Signing.PrivateKey = P256.Signing.PrivateKey(), authority: DeviceAuthority,
        certificate: [UInt8]? = nil
    ) throws {
        self.serial = serial
        self.key = key
        self.certificate = try certificate ?? authority.certify(serial: serial.text, publicKey: key.publicKey)
        untrustedCertificate = try DeviceAuthority(name: "Nobody's device CA")
            .certify(serial: serial.text, publicKey: key.publicKey)
        otherSerialCertificate = try authority.certify(serial: "COR1-OTHER-0001", publicKey: key.publicKey)
    }
}
