import CHubShim
import Glibc
import HubCore

/// Whether somebody answers on the control socket, and which process that is.
enum ControlSocketProbe {
    static func look(at path: String) -> (state: DoctorFacts.ControlSocket, process: Int32?) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return (.absent, nil) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return (.absent, nil) }
        defer { close(descriptor) }
        let isConnected = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            switch errno {
            case EACCES, EPERM: return (.denied, nil)
            case ENOENT: return (.absent, nil)
            default: return (.dead, nil)
            }
        }
        var peer = corhub_peer_credentials()
        return (.answers, corhub_peer_credentials(descriptor, &peer) == 0 ? peer.process : nil)
    }
}
