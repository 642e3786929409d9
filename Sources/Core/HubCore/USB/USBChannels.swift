/// Which interface to claim, and what carries which way: as the device's descriptors say, never assumed.
package struct USBChannels: Sendable, Hashable {
    package struct Endpoint: Sendable, Hashable {
        package var address: UInt8
        /// Bytes of a packet.
        package var packetLengthMax: Int

        package init(address: UInt8, packetLengthMax: Int) {
            self.address = address
            self.packetLengthMax = packetLengthMax
        }
    }

    package var interfaceNumber: UInt8
    package var messagesOut: Endpoint
    package var messagesIn: Endpoint
    package var eventsIn: Endpoint

    package init(interfaceNumber: UInt8, messagesOut: Endpoint, messagesIn: Endpoint, eventsIn: Endpoint) {
        self.interfaceNumber = interfaceNumber
        self.messagesOut = messagesOut
        self.messagesIn = messagesIn
        self.eventsIn = eventsIn
    }
}
