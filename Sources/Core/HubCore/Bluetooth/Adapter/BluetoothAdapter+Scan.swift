import BluetoothProtocol

extension BluetoothAdapter {
    var isScanNeeded: Bool { isScanWanted || awaitedLinkCount > 0 }

    mutating func want(scan isWanted: Bool, awaitedLinkCount count: Int) -> [AdapterEffect] {
        isScanWanted = isWanted
        awaitedLinkCount = count
        guard case .ready(let ready) = state else { return [] }
        switch ready.scan {
        case .off: return startScan()
        case .starting, .resting: return []  // It is looked at again by then.
        case .on: return isScanNeeded ? [] : stopScan(ready)
        }
    }

    private mutating func stopScan(_ ready: Ready) -> [AdapterEffect] {
        var ready = ready
        ready.scan = .off
        state = .ready(ready)
        return submit(.stopDiscovery)
    }

    mutating func startScan() -> [AdapterEffect] {
        guard case .ready(var ready) = state else { return [] }
        // A pairing needs the radio, and it scans for its device itself.
        guard isScanNeeded, ready.pairing == nil else {
            if ready.scan != .off, ready.scan != .starting { ready.scan = .off }
            state = .ready(ready)
            return []
        }
        guard ready.scan != .starting else { return [] }
        ready.scan = .starting
        state = .ready(ready)
        return submit(.startServiceDiscovery([configuration.service]))
    }

    mutating func discoveryStarted(_ result: Result<[UInt8], ManagementFailure>) -> [AdapterEffect] {
        guard case .ready(var ready) = state, ready.scan == .starting else { return [] }
        switch result {
        case .success:
            // Set-up alone proves little: a controller that hangs may still answer what the kernel knows by itself.
            recoveryCount = 0
            let timer = newTimer()
            ready.scan = .on(timer: timer)
            state = .ready(ready)
            if !isScanNeeded { return stopScan(ready) }
            return [.startTimer(.scan(timer), after: Self.scanLengthMax)]
        case .failure(.refused(.busy)), .failure(.refused(.rejected)):
            return rest(ready)  // Discovery is under way or about to end; it is asked again.
        case .failure:
            return recover()
        }
    }

    mutating func discovering(_ isOn: Bool, at now: Duration) -> [AdapterEffect] {
        guard case .ready(let ready) = state, !isOn else { return [] }
        let lost = sightings.expire(at: now).map { AdapterEffect.tell(.lost(address: $0)) }
        guard case .on = ready.scan else { return lost }
        return lost + rest(ready)
    }

    /// The same controller that scans has to connect, so it gets a pause.
    private mutating func rest(_ ready: Ready) -> [AdapterEffect] {
        var ready = ready
        let timer = newTimer()
        ready.scan = .resting(timer: timer)
        state = .ready(ready)
        return [.startTimer(.scan(timer), after: Self.scanRest)]
    }

    mutating func scanTimerFired(_ id: UInt64) -> [AdapterEffect] {
        guard case .ready(let ready) = state else { return [] }
        switch ready.scan {
        case .resting(id): return startScan()
        case .on(id): return recover()  // The end of the scan never came.
        case .off, .starting, .on, .resting: return []
        }
    }
}
