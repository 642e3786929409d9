import CBORCoding
package import CORProtocol
import Crypto
package import DurableFiles
import Glibc

/// What a virtual device keeps on disk, so that a restart of the simulator is a restart of the device.
///
/// `serial`, `device.key` (PEM, 0600), `device.der`, `device.cbor` (the snapshot), `records/<sequence>.cose`.
package struct StateFolder: Sendable {
    /// The largest file that is read back, in bytes.
    private static let fileLengthMax = 64 << 20

    package let path: String

    package enum Refusal: Error, Sendable, Hashable {
        case serialDiffers(found: String, expected: String)
        case fileMalformed(path: String)
    }

    /// Opens the folder, and makes it where there is none.
    package init(path: String) throws(FileFault) {
        self.path = path
        try Self.makeFolder(path, mode: 0o700)
        try Self.makeFolder(path + "/records", mode: 0o700)
    }

    /// The identity kept here, or a new one that is kept from now on.
    ///
    /// - Parameter serial: nil takes the one that is kept, or the default.
    package func identity(serial: DeviceSerial?, default fallback: DeviceSerial, authority: DeviceAuthority) throws
        -> DeviceIdentity
    {
        let serialFile = DurableFile(path + "/serial")
        let keyFile = DurableFile(path + "/device.key")
        let certificateFile = DurableFile(path + "/device.der")
        if let text = try Self.bytes(serialFile), let key = try Self.bytes(keyFile),
            let certificate = try Self.bytes(certificateFile)
        {
            let keptText = String(decoding: text, as: UTF8.self)
            guard let kept = DeviceSerial(keptText) else { throw Refusal.fileMalformed(path: serialFile.path) }
            guard serial == nil || serial == kept else {
                throw Refusal.serialDiffers(found: keptText, expected: serial?.text ?? "")
            }
            let signingKey = try P256.Signing.PrivateKey(pemRepresentation: String(decoding: key, as: UTF8.self))
            return try DeviceIdentity(serial: kept, key: signingKey, authority: authority, certificate: certificate)
        }
        let identity = try DeviceIdentity(serial: serial ?? fallback, authority: authority)
        try keyFile.replace(with: Array(identity.key.pemRepresentation.utf8), access: .owner)
        try certificateFile.replace(with: identity.certificate, access: .everyone)
        try serialFile.replace(with: Array(identity.serial.text.utf8), access: .everyone)
        return identity
    }

    /// What the device remembered; nil before its first start.
    package func snapshot() throws -> DeviceSnapshot? {
        let file = DurableFile(path + "/device.cbor")
        guard let bytes = try Self.bytes(file) else { return nil }
        do throws(CBORError) {
            return try DeviceSnapshot(decoding: bytes)
        } catch {
            throw Refusal.fileMalformed(path: file.path)
        }
    }

    /// The records kept here, in any order. A file that is no record is refused.
    package func records() throws -> [StoredRecord] {
        var records: [StoredRecord] = []
        for name in try FolderNames.of(path + "/records") where name.hasSuffix(".cose") {
            let file = DurableFile(path + "/records/" + name)
            guard let bytes = try Self.bytes(file) else { continue }
            do throws(RecordRefusal) {
                let payload = try SignedRecord(decoding: bytes).payload
                records.append(StoredRecord(sequence: payload.sequence, kind: payload.kind, bytes: bytes))
            } catch {
                throw Refusal.fileMalformed(path: file.path)
            }
        }
        return records
    }

    package func save(_ snapshot: DeviceSnapshot) throws(FileFault) {
        try DurableFile(path + "/device.cbor").replace(with: snapshot.encoded(), access: .everyone)
    }

    package func save(_ record: StoredRecord) throws(FileFault) {
        try file(of: record.sequence).replace(with: record.bytes, access: .everyone)
    }

    package func remove(sequences: [UInt64]) throws(FileFault) {
        for sequence in sequences { try file(of: sequence).removeUnsettled() }
    }

    private func file(of sequence: UInt64) -> DurableFile {
        DurableFile("\(path)/records/\(sequence).cose")
    }

    /// nil where there is no such file.
    package static func bytes(_ file: DurableFile) throws(FileFault) -> [UInt8]? {
        try file.contentsIfThere(lengthMax: fileLengthMax, isFromPerson: true)?.bytes
    }

    static func makeFolder(_ path: String, mode: mode_t) throws(FileFault) {
        guard mkdir(path, mode) == 0 || errno == EEXIST else {
            throw FileFault(path: path, operation: .makeFolder, code: errno)
        }
    }
}

extension StateFolder.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .serialDiffers(let found, let expected): "the state folder belongs to \(found), not to \(expected)"
        case .fileMalformed(let path): "\(path) is not what the simulator wrote"
        }
    }
}
