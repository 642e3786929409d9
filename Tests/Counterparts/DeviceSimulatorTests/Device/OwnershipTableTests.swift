import CORProtocol
import DeviceSimulator
import Foundation
import TestSupport
import Testing

@Suite("Ownership as firmware-specs/states/ownership.yaml has it")
struct OwnershipTableTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var state: String
        var event: String
        var next: String

        var testDescription: String { "\(state), \(event)" }
    }

    /// The table's rows: `- [state, event, next state, answer or action]`.
    static let rows: [Row] = {
        let file = PackageFolder.root.appending(path: "firmware-specs/states/ownership.yaml")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").filter { $0.hasPrefix("  - [") }.map { line in
            let cells = line.dropFirst("  - [".count).split(separator: ",").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            return Row(state: cells[0], event: cells[1], next: cells[2])
        }
    }()

    @Test("The table has a row for each of three states and seven events")
    func isWhole() {
        #expect(Self.rows.count == 21)
    }

    @Test("Each row of the table leads where it says", arguments: rows)
    func row(row: Row) throws {
        var ownership = Ownership(owner: row.state == "owned" ? DeviceBench.hub : nil)
        if row.state == "awaiting-button" { try ownership.claimRequested(by: DeviceBench.hub, at: .zero) }
        // A refused request changes nothing, so the refusal itself is tested elsewhere.
        switch row.event {
        case "claim-same": try? ownership.claimRequested(by: DeviceBench.hub, at: .seconds(1))
        case "claim-other": try? ownership.claimRequested(by: DeviceBench.otherHub, at: .seconds(1))
        case "release-same": try? ownership.releaseRequested(by: DeviceBench.hub)
        case "release-other": try? ownership.releaseRequested(by: DeviceBench.otherHub)
        case "button-pressed": _ = ownership.buttonPressed()
        case "button-held": _ = ownership.buttonHeld()
        case "timeout": _ = ownership.timePassed(to: .seconds(60))
        default: Issue.record("an event that the model does not know")
        }
        #expect(Self.name(of: ownership.state) == row.next)
    }

    private static func name(of state: Ownership.State) -> String {
        switch state {
        case .free: OwnerState.free.rawValue
        case .awaitingButton: OwnerState.awaitingButton.rawValue
        case .owned: OwnerState.owned.rawValue
        }
    }
}
