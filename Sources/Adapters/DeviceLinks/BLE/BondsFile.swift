package import BluetoothProtocol
import CBORCoding
import DurableFiles
import Glibc

/// The bonds of this hub on the disk: after a power cut there is the old list or the new one. Readable by the hub's own user
/// only.
package struct BondsFile {
    package enum Fault: Error, Hashable {
        /// It is there and is not a bond list: it is kept, and BLE stays off.
        case damaged(String)
        case readableByOthers(mode: UInt32)
        case system(operation: String, code: Int32)
    }

    package static let name = "bluetooth-bonds.cbor"

    package let folder: String
    private var file: DurableFile { DurableFile("\(folder)/\(Self.name)") }

    package init(folder: String) {
        self.folder = folder
    }

    /// The list, or a new one with an identity made by chance, which is durable when this returns.
    package func loadOrMake() throws(Fault) -> BluetoothBondList {
        if let list = try load() { return list }
        // One draw in 2^46 is no static random address; the second is.
        var identity: BluetoothOwnIdentity?
        while identity == nil {
            identity = BluetoothOwnIdentity(chance: (0..<22).map { _ in UInt8.random(in: 0...255) })
        }
        guard let identity else { throw .system(operation: "draw", code: EIO) }
        let list = BluetoothBondList(ownIdentity: identity)
        try store(list)
        return list
    }

    /// Whether this process may use the bonds: no other has them. Held until the process ends.
    package func lock() throws(Fault) -> Bool {
        let descriptor = open("\(folder)/bluetooth.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(operation: "open lock", code: errno) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        let code = errno
        close(descriptor)
        guard code == EWOULDBLOCK else { throw .system(operation: "lock", code: code) }
        return false
    }

    package func load() throws(Fault) -> BluetoothBondList? {
        let contents: DurableFile.Contents
        do throws(FileFault) {
            let lengthMax = BluetoothBondList.encodedLengthMax
            guard let found = try file.contentsIfThere(lengthMax: lengthMax) else { return nil }
            contents = found
        } catch {
            switch (error.operation, error.code) {
            case (.open, EINVAL): throw .damaged("it is no regular file")
            case (.read, EFBIG): throw .damaged("it is too long")
            default: throw Fault(error)
            }
        }
        guard contents.mode & 0o077 == 0 else { throw .readableByOthers(mode: contents.mode) }
        do {
            return try BluetoothBondList(decoding: contents.bytes)
        } catch {
            throw .damaged("\(error)")
        }
    }

    /// Returns after file and folder are on the disk.
    package func store(_ list: BluetoothBondList) throws(Fault) {
        do throws(FileFault) {
            try file.replace(with: list.encoded(), access: .owner)
        } catch {
            throw Fault(error)
        }
    }
}

extension BondsFile.Fault {
    fileprivate init(_ fault: FileFault) {
        self = .system(operation: fault.operation.rawValue, code: fault.code)
    }
}

extension BondsFile.Fault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damaged(let what): "the bonds file is damaged: \(what)"
        case .readableByOthers(let mode): "the bonds file has mode \(String(mode, radix: 8)); only 600 is safe"
        case .system(let operation, let code): "the bonds file: \(operation) failed with error \(code)"
        }
    }
}
