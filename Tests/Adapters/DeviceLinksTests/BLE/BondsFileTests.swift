import BluetoothProtocol
import DeviceLinks
import Glibc
import Testing

@Suite("The file of bonds")
struct BondsFileTests {
    /// An empty folder that is taken away again.
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/bonds-XXXXXX\0".utf8CString.dropLast())
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer {
            for name in [BondsFile.name, ".\(BondsFile.name).new", "bluetooth.lock"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        try body(folder)
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status
    }

    private func bond(_ number: UInt8) throws -> BluetoothBond {
        let address = try #require(BluetoothAddress(wireBytes: [number, 0, 0, 0, 0, 0xC0]))
        let key = LongTermKey(
            peer: BluetoothPeer(address: address, kind: .leRandom), kind: .p256Authenticated,
            value: [UInt8](repeating: number, count: 16))
        return BluetoothBond(longTermKey: try #require(key), identityKey: nil)
    }

    @Test("A new hub gets an identity by chance, which stays")
    func made() throws {
        try withFolder { folder in
            let first = try BondsFile(folder: folder).loadOrMake()
            #expect(first.bonds.isEmpty)
            let again = try BondsFile(folder: folder).loadOrMake()
            #expect(again == first)
            try withFolder { other in
                let second = try BondsFile(folder: other).loadOrMake()
                #expect(second.ownIdentity != first.ownIdentity)
            }
        }
    }

    @Test("What was stored is loaded whole, readable by its owner only, whatever the umask and whatever was left over")
    func stored() throws {
        try withFolder { folder in
            let file = BondsFile(folder: folder)
            var list = try file.loadOrMake()
            for number in UInt8(1)...3 {
                let bond = try bond(number)
                try #require([list.insert(bond)] == [true])
                let leftover = open("\(folder)/.\(BondsFile.name).new", O_CREAT | O_WRONLY, 0o644)
                close(leftover)
                try file.store(list)
                let loaded = try file.load()
                #expect(loaded == list)
            }
            let mode = try status("\(folder)/\(BondsFile.name)").st_mode & 0o7777
            #expect(mode == 0o600)
            #expect(access("\(folder)/.\(BondsFile.name).new", F_OK) != 0)
        }
    }

    @Test("A file that is damaged, too long, a link or readable by others is refused and kept")
    func refused() throws {
        try withFolder { folder in
            let path = "\(folder)/\(BondsFile.name)"
            let file = BondsFile(folder: folder)
            _ = try file.loadOrMake()
            chmod(path, 0o640)
            #expect(throws: BondsFile.Fault.readableByOthers(mode: 0o640)) { try file.load() }
            chmod(path, 0o600)
            truncate(path, 5)
            #expect(throws: BondsFile.Fault.self) { try file.loadOrMake() }
            let length = try status(path).st_size
            #expect(length == 5)
            truncate(path, off_t(BluetoothBondList.encodedLengthMax + 1))
            #expect(throws: BondsFile.Fault.damaged("it is too long")) { try file.load() }
            unlink(path)
            symlink("/dev/null", path)
            #expect(throws: BondsFile.Fault.system(operation: "open", code: ELOOP)) { try file.load() }
            unlink(path)
            mkdir(path, 0o700)
            #expect(throws: BondsFile.Fault.damaged("it is no regular file")) { try file.load() }
            rmdir(path)
        }
    }

    @Test("Where nothing can be written the fault says so, and the old list stays")
    func unwritable() throws {
        #expect(throws: BondsFile.Fault.system(operation: "create", code: ENOENT)) {
            try BondsFile(folder: "/tmp/is-not-there").loadOrMake()
        }
    }

    @Test("One process has the adapter: the second lock is refused")
    func lock() throws {
        try withFolder { folder in
            let answers = [try BondsFile(folder: folder).lock(), try BondsFile(folder: folder).lock()]
            #expect(answers == [true, false])
        }
    }
}
