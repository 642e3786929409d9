import CHubShim
import Glibc
import NIOCore

/// The system's users and groups, as far as the control socket needs them.
struct LocalUsers: Sendable {
    /// Groups of one user that are looked at.
    private static let groupCountMax: Int32 = 256
    private static let bufferLength = 16_384

    let administrators: UInt32?
    let readers: UInt32?

    /// - Throws: where a group that the configuration names is not there.
    init(administrators: String?, readers: String?) throws(UnknownGroup) {
        self.administrators = try administrators.map { (name) throws(UnknownGroup) in try Self.group(name) }
        self.readers = try readers.map { (name) throws(UnknownGroup) in try Self.group(name) }
    }

    struct UnknownGroup: Error {
        var name: String
    }

    /// Who is at the other end of a connection to a unix-domain socket; nil where the kernel does not tell.
    func caller(of channel: any Channel) async -> ControlCaller? {
        guard let provider = channel as? any SocketOptionProvider,
            let peer: corhub_peer_credentials = try? await provider.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
            ).get()
        else { return nil }
        return ControlCaller(
            user: peer.user, groups: Self.groups(of: peer.user).union([peer.group]), owner: getuid(),
            administrators: administrators, readers: readers)
    }

    private static func group(_ name: String) throws(UnknownGroup) -> UInt32 {
        var group = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: bufferLength)
        guard getgrnam_r(name, &group, &buffer, buffer.count, &found) == 0, found != nil else {
            throw UnknownGroup(name: name)
        }
        return group.gr_gid
    }

    /// By the user database: a process that gave up a group of its user is counted as having it.
    private static func groups(of user: UInt32) -> Set<UInt32> {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: bufferLength)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return [] }
        var count = groupCountMax
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count) >= 0 else { return [entry.pw_gid] }
        return Set(groups.prefix(Int(count)))
    }
}
