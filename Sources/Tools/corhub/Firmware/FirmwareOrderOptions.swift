import ArgumentParser
import JSONCoding
import UpstreamClient

/// What is asked of an update that is under way, and of which.
struct FirmwareOrderOptions: ParsableArguments {
    @OptionGroup var control: ControlOptions
    @Option(help: "The device's serial number or name. May be left out where the hub knows one device only.")
    var device: String?

    func carryOut(_ order: String) async throws {
        let output = control.output("firmware \(order)")
        try await output.run { () async throws(CommandProblem) in
            let client = try control.client()
            let serial = try await FirmwareDevice.choose(device, client)
            let answer = try await client.post("/v1/firmware/\(serial.pathSegment)/\(order)")
            output.tell(answer) { FirmwareUpdateText.lines(answer) }
        }
    }
}
