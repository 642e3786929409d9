/// Which device is meant: the one that was named, the only one there is, or the one that the person chooses.
struct DeviceChoice {
    /// Serial number, link or name; nil where nobody named one.
    let named: String?
    let isInteractive: Bool
    let duration: Duration

    /// Looks until one is there, and asks where there are several. Answers with the device as it was last seen.
    func made(of client: ControlClient) async throws(CommandProblem) -> DeviceCandidate {
        let end = ContinuousClock.now + duration
        var seen: [DeviceCandidate] = []
        var notes: [String] = []
        repeat {
            (seen, notes) = try await DeviceCandidate.all(of: client)
            if let named {
                if let device = seen.first(where: { $0.isMeant(by: named) }), device.isReady { return device }
            } else {
                let wanted = seen.filter(\.isWanted)
                if wanted.count == 1 { return wanted[0] }
                if wanted.count > 1 { return try chosen(of: wanted) }
            }
            guard (try? await Task.sleep(for: .milliseconds(200))) != nil else { break }
        } while ContinuousClock.now < end
        throw problem(seen, notes)
    }

    private func chosen(of devices: [DeviceCandidate]) throws(CommandProblem) -> DeviceCandidate {
        guard isInteractive else {
            throw CommandProblem(
                .needsConfirmation, code: "device-not-named",
                "several devices are there, name one: "
                    + devices.map { $0.serial ?? $0.address }.joined(separator: ", "))
        }
        for (index, device) in devices.enumerated() { StandardStreams.printLine("  \(index + 1)  \(device.line)") }
        StandardStreams.print("Which one? [1-\(devices.count)] ")
        guard let number = readLine().flatMap({ Int($0) }), devices.indices.contains(number - 1) else {
            throw CommandProblem(.needsConfirmation, code: "device-not-named", "none was chosen")
        }
        return devices[number - 1]
    }

    private func problem(_ seen: [DeviceCandidate], _ notes: [String]) -> CommandProblem {
        if let named, let device = seen.first(where: { $0.isMeant(by: named) }),
            case .unusable(let reason) = device.need
        {
            return CommandProblem(.failed, code: "device-refused", "\(named.printable): \(reason.printable)")
        }
        let what = named.map { "no device \($0.printable)" } ?? "no device that could be paired or registered"
        let hint = "switch it on and plug it in, or hold its button for 3 seconds for Bluetooth"
        let ours = seen.compactMap { device in
            if case .nothing = device.need {
                device.serial.map { "\($0.printable) is this hub's already" }
            } else {
                nil
            }
        }
        let notes = ours + notes
        let rest = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
        return CommandProblem(.notFound, code: "no-device", "\(what) was found: \(hint)\(rest)")
    }
}

extension DeviceCandidate {
    /// What it needs is known.
    fileprivate var isReady: Bool {
        if case .unusable = need { false } else { true }
    }
}
