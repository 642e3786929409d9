import ArgumentParser
import CORProtocol
import JSONCoding
import UpstreamServer

struct Device: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whose devices are, and which must not be used.",
        subcommands: [List.self, Release.self, Suspend.self, Revoke.self, Reinstate.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the registered and the recalled devices.")

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                let registry = try state.registry()
                for registration in try await registry.registrations() {
                    output.write(
                        registration.json, text: "\(registration.serial.text)  \(registration.hub.text)  registered")
                }
                for recall in try await registry.recalls() {
                    output.write(
                        [
                            "device": .string(recall.serial.text), "recall": .string("\(recall.state)"),
                            "reason": .string(recall.reason),
                        ], text: "\(recall.serial.text)  \(recall.state): \(recall.reason)")
                }
            }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a device from the hub that has it, so that another may register it.",
            discussion: """
                For a hub that is lost or broken. On the device itself the button, held for 10 seconds, does the same.
                Example: corhub-upstream device release COR1-000042 --state state
                """)

        @Argument var serial: DeviceSerial
        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                guard try await state.registry().release(serial, by: "operator", of: nil) else {
                    throw NotFound("no registration of \(serial.text)")
                }
                output.write(
                    ["device": .string(serial.text), "state": "released"], text: "released \(serial.text)")
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a device out of use until it is reinstated. Hubs learn of it within hours.",
            discussion: "Example: corhub-upstream device suspend COR1-000042 --reason \"sensor check\" --state state")

        @OptionGroup var order: RecallOrder

        func run() async throws { try await order.carryOut(.suspended) }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a device out of use for good. Hubs learn of it within hours.",
            discussion: "Example: corhub-upstream device revoke COR1-000042 --reason \"key copied\" --state state")

        @OptionGroup var order: RecallOrder

        func run() async throws { try await order.carryOut(.revoked) }
    }

    struct Reinstate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a recalled device be used again.")

        @Argument var serial: DeviceSerial
        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                guard try await state.registry().reinstate(serial, by: "operator") else {
                    throw NotFound("no recall of \(serial.text)")
                }
                output.write(
                    ["device": .string(serial.text), "state": "reinstated"], text: "reinstated \(serial.text)")
            }
        }
    }

    struct RecallOrder: ParsableArguments {
        @Argument var serial: DeviceSerial
        @Option(help: "What people are told; 1 to 128 bytes, no personal data.")
        var reason: String
        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func validate() throws {
            guard DeviceRecall.reasonLength.contains(reason.utf8.count) else {
                throw ValidationError("--reason has 1 to 128 bytes")
            }
        }

        func carryOut(_ recallState: RecallState) async throws {
            try await reporting {
                let recall = DeviceRecall(serial: serial, state: recallState, reason: reason)
                guard try await state.registry().recall(recall, by: "operator") else {
                    throw NotFound("room for another recall: \(CORLimits.recallCountMax) devices are on the list")
                }
                output.write(
                    ["device": .string(serial.text), "state": .string("\(recallState)")],
                    text: "\(recallState) \(serial.text)")
            }
        }
    }
}

extension DeviceSerial: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}
