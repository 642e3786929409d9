import FirmwarePublisher
import FirmwareRollout
import JSONCoding
import MCUbootImage
import TestSupport
import Testing

@Suite("The gate: failures of attempted devices")
struct RolloutGateTests {
    private func rollout(open: Int, of count: Int = 2, state: Rollout.State = .running, soak: Int64 = 100) -> Rollout {
        Rollout(
            id: "r", release: ImageVersion(major: 1, minor: 0, revision: 0), state: state,
            stages: (0..<count).map {
                .init(threshold: 100 + $0, earliest: 0, soak: soak, opened: $0 < open ? 1_000 : nil)
            }, failureLimit: .init(perTenThousand: 200, attemptedMin: 20, failedMax: 50), expires: 10_000)
    }

    @Test("What it says is what the other implementation says")
    func vectors() throws {
        let index = try JSONValue.parse(PackageFolder.vector("rollout/index.json"))
        let gates = try #require(index["gates"]?.arrayValue)
        #expect(gates.count > 40)
        for gate in gates {
            let isLast = gate["is_last"] == true
            let evidence = RolloutEvidence(
                attempted: Int(try #require(gate["attempted"]?.integerValue)),
                failed: Int(try #require(gate["failed"]?.integerValue)))
            let verdict = RolloutGate.verdict(
                on: rollout(open: isLast ? 2 : 1), evidence, at: gate["is_soaked"] == true ? 1_100 : 1_099)
            let (word, reason) =
                switch verdict {
                case .advance(let reason): ("advance", reason)
                case .pause(let reason): ("pause", reason)
                case .hold(let reason): ("hold", reason)
                }
            #expect(word == gate["verdict"]?.stringValue && reason.code == gate["reason"]?.stringValue, "\(gate)")
        }
    }

    @Test("A rollout that does not run is left alone, whatever is reported")
    func notRunning() {
        for state in [Rollout.State.paused, .aborted] {
            #expect(
                RolloutGate.verdict(on: rollout(open: 1, state: state), .init(attempted: 99, failed: 99), at: 5_000)
                    == .hold(.notRunning(state)))
        }
    }

    @Test("A stage that was opened early soaks from when it begins")
    func soak() {
        let early = rollout(open: 2, of: 3)
        // The second begins at 1100, when the first has soaked, and soaks until 1200.
        #expect(
            RolloutGate.verdict(on: early, .init(attempted: 20), at: 1_199) == .hold(.soaking(until: 1_200)))
        #expect(
            RolloutGate.verdict(on: early, .init(attempted: 20), at: 1_200)
                == .advance(.evidenceGood(attempted: 20, failed: 0)))
    }
}
