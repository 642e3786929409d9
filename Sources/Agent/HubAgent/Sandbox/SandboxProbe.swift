import CHubShim
import Glibc
import HubCore

/// Tries the calls that the sandbox must refuse. None of them does anything where it is allowed.
enum SandboxProbe {
    static func findings() -> SandboxFindings {
        SandboxFindings(
            [
                .privileges: trial(corhub_try_new_privileges()),
                .systemCalls: trial(corhub_try_personality()),
                .executableMemory: trial(corhub_try_executable_memory()),
                .socketFamilies: trial(corhub_try_packet_socket()),
                .files: trial(corhub_try_unnamed_file("/usr")),
            ],
            refusals: SandboxFindings.Refusals(
                notPermitted: EPERM, accessDenied: EACCES, familyNotSupported: EAFNOSUPPORT, readOnlyFiles: EROFS))
    }

    private static func trial(_ code: Int32) -> SandboxFindings.Trial {
        code < 0 ? .refused(errno: -code) : .allowed
    }
}
