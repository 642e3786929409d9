import DeviceSimulator
import Foundation
import SMPProtocol
import TestSupport
import Testing

@Suite("The life of an image as firmware-specs/states/image.yaml has it")
struct ImageTableTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var state: String
        var event: String
        var next: String

        var testDescription: String { "\(state), \(event)" }
    }

    /// The table's rows: `- [state, event, next state, answer or action]`.
    static let rows: [Row] = {
        let file = PackageFolder.root.appending(path: "firmware-specs/states/image.yaml")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").filter { $0.hasPrefix("  - [") }.map { line in
            let cells = line.dropFirst("  - [".count).split(separator: ",").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            return Row(state: cells[0], event: cells[1], next: cells[2])
        }
    }()

    private static let sound = ImageTests.image(major: 2, bodyLength: 1_000)
    private static let other = ImageTests.image(major: 3, bodyLength: 1_000)
    private static let lastOffset = 800

    /// The sound image with one bit of its body changed: its hash is still the name that it goes by.
    private static let corrupt: [UInt8] = {
        var image = sound
        image[500] ^= 1
        return image
    }()

    @Test("The table has a row for each of five states and six events")
    func isWhole() {
        #expect(Self.rows.count == 30)
        #expect(Set(Self.rows.map { "\($0.state) \($0.event)" }).count == 30)
    }

    @Test("Each row of the table leads where it says", arguments: rows)
    func row(row: Row) throws {
        // What runs was accepted once: only what has not run yet can be refused.
        let isRefused = row.event == "restart-refused" && !["trial", "confirmed"].contains(row.state)
        let image = isRefused ? Self.corrupt : Self.sound
        var bench = try DeviceBench()
        try bring(&bench, to: row.state, image)
        #expect(try state(of: &bench) == row.state)
        // A refused request changes nothing; the codes are tested elsewhere.
        switch row.event {
        case "last-part":
            if row.state == "absent" {
                for offset in stride(from: 0, to: Self.lastOffset, by: 400) {
                    _ = try bench.ask(ImageTests.chunk(of: image, at: offset))
                }
            }
            _ = try? bench.ask(ImageTests.chunk(of: image, at: Self.lastOffset))
        case "other-upload": _ = try? bench.ask(ImageTests.chunk(of: Self.other, at: 0))
        case "mark": _ = try? bench.ask(mark)
        case "confirm": _ = try bench.ask(ImageStateWriteRequest(hash: nil, confirm: true))
        case "restart-sound", "restart-refused": try restart(&bench)
        default: Issue.record("an event that the model does not know")
        }
        #expect(try state(of: &bench) == row.next)
    }

    private let mark = ImageStateWriteRequest(hash: ImageTests.hash(of: sound), confirm: false)

    private func bring(_ bench: inout DeviceBench, to state: String, _ image: [UInt8]) throws {
        guard state != "absent" else { return }
        _ = try ImageTests.upload(image, to: &bench)
        guard state != "present" else { return }
        _ = try bench.ask(mark)
        guard state != "pending" else { return }
        try restart(&bench)
        guard state != "trial" else { return }
        _ = try bench.ask(ImageStateWriteRequest(hash: nil, confirm: true))
    }

    private func restart(_ bench: inout DeviceBench) throws {
        _ = try bench.ask(ResetRequest())
        _ = bench.pass(.seconds(2))
    }

    private func state(of bench: inout DeviceBench) throws -> String {
        let slots = try bench.ask(ImageStateReadRequest()).slots
        let hash = ImageTests.hash(of: Self.sound)
        if slots[0].hash == hash { return slots[0].isConfirmed ? "confirmed" : "trial" }
        guard let found = slots.first(where: { $0.hash == hash }) else { return "absent" }
        return found.isPending ? "pending" : "present"
    }
}
