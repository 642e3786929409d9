import CORProtocol
import HubCore
import Testing

@Suite("Whether the sandbox is in force is found by trying")
struct SandboxFindingsTests {
    private static let refusals = SandboxFindings.Refusals(
        notPermitted: 1, accessDenied: 13, familyNotSupported: 97, readOnlyFiles: 30)
    private static let held: [SandboxFindings.Wall: SandboxFindings.Trial] = [
        .privileges: .refused(errno: 1), .systemCalls: .refused(errno: 1), .executableMemory: .refused(errno: 1),
        .socketFamilies: .refused(errno: 97), .files: .refused(errno: 30),
    ]

    private func findings(_ trials: [SandboxFindings.Wall: SandboxFindings.Trial]) -> SandboxFindings {
        SandboxFindings(trials, refusals: Self.refusals)
    }

    @Test("It is in force when every wall refuses")
    func inForce() {
        #expect(findings(Self.held).state == .inForce)
        #expect(findings(Self.held).missing == [])
    }

    @Test("A page that is written and executed may be refused by a filter or by the kernel, the other walls in one way")
    func twoWays() {
        #expect(findings(Self.held.merging([.executableMemory: .refused(errno: 13)]) { $1 }).state == .inForce)
        for wall in SandboxFindings.Wall.allCases where wall != .executableMemory {
            #expect(findings(Self.held.merging([wall: .refused(errno: 13)]) { $1 }).missing == [wall])
        }
    }

    @Test("One wall that lets through is named", arguments: SandboxFindings.Wall.allCases)
    func partial(wall: SandboxFindings.Wall) {
        let found = findings(Self.held.merging([wall: .allowed]) { $1 })
        #expect(found.state == .partial)
        #expect(found.missing == [wall])
    }

    @Test("What an agent has said of itself is the same again", arguments: SandboxFindings.Wall.allCases)
    func said(wall: SandboxFindings.Wall) {
        let found = findings(Self.held.merging([wall: .allowed]) { $1 })
        #expect(SandboxFindings(missing: Set(found.missing)) == found)
    }

    @Test("What an ordinary user is refused anyway is no sandbox")
    func ordinaryUser() {
        let found = findings([
            .privileges: .allowed, .systemCalls: .allowed, .executableMemory: .allowed,
            .socketFamilies: .refused(errno: 1), .files: .refused(errno: 13),
        ])
        #expect(found.state == .absent)
        #expect(findings([:]).state == .absent)
    }
}
