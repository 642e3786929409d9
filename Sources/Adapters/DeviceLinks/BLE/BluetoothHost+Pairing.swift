package import BluetoothProtocol
package import HubCore

// Pairing and unpairing, as a local user asks for them.
extension BluetoothHost {
    /// Pairs a device: the caller is a local user, who thereby opens the window for it.
    ///
    /// `handler` is told questions, whose answers go to `answer`, and once how it ended.
    ///
    /// - Parameter asker: who may give it up by `giveUpPairing`.
    package func pair(
        _ device: BluetoothAddress, for asker: ObjectIdentifier? = nil,
        _ handler: @escaping @Sendable (BluetoothPairingEvent) -> Void
    ) {
        onThread { host in
            guard host.pairingHandler == nil else { return handler(.ended(.failure(.busy))) }
            host.pairingHandler = handler
            host.pairingAsker = asker
            host.whenReady {
                guard host.adapter != nil else { return host.pairingEnded(.failure(.adapterOff)) }
                host.advance(.windowOpened)
                host.advance(.pairRequested(device))
            }
        } orElse: { _ in
            handler(.ended(.failure(.adapterOff)))
        }
    }

    package func answer(_ answer: PairingAnswer) {
        onThread { $0.advance(.pairingAnswered(answer)) }
    }

    /// Ends the pairing that this asker began, if it is the one under way.
    package func giveUpPairing(of asker: ObjectIdentifier) {
        onThread { host in
            guard host.pairingHandler != nil, host.pairingAsker == asker else { return }
            host.advance(.pairingAnswered(.cancel))
        }
    }

    /// Tells `handler` whether there was a bond.
    package func unpair(_ device: BluetoothAddress, _ handler: @escaping @Sendable (Bool) -> Void) {
        onThread { host in
            // One at a time: the other's answer is awaited.
            guard host.adapter != nil, host.unpairHandler == nil else { return handler(false) }
            host.unpairHandler = handler
            host.advance(.unpairRequested(device))
        } orElse: { _ in
            handler(false)
        }
    }
}

extension BluetoothHost {
    /// Devices of the profile within reach that are not paired; none while nobody watches.
    package func strangers() async -> [DiscoveredDevice] {
        // Whoever only asks does not take the adapter.
        guard isInUse else { return [] }
        return await withCheckedContinuation { continuation in
            onThread {
                continuation.resume(returning: $0.adapter?.strangers ?? [])
            } orElse: { _ in
                continuation.resume(returning: [])
            }
        }
    }
}
