import BluetoothProtocol
import HubCore
import Testing

@Suite("A connection to a bonded device")
struct BLEConnectionTests {
    private let secure = LinkSecurity(level: 4, keySize: 16, errorCode: 0)

    private func connection(awaitLimit: Duration? = nil) -> BLEConnection {
        BLEConnection(
            service: BluetoothSamples.service, characteristic: BluetoothSamples.characteristic, awaitLimit: awaitLimit)
    }

    private func securing() -> BLEConnection {
        var connection = connection()
        _ = connection.handle(.started)
        _ = connection.handle(.connected)
        return connection
    }

    private func open() -> BLEConnection {
        var connection = securing()
        _ = connection.handle(.securityRead(secure))
        let declaration: [UInt8] = [0x14, 12, 0] + BluetoothSamples.characteristic.wireBytes
        for answer in [
            ATTPDU.exchangeMTUResponse(mtu: 23), .findByTypeValueResponse([10...13]),
            .readByTypeResponse([.init(handle: 11, value: declaration)]),
            .errorResponse(requestOpcode: 8, handle: 13, code: .attributeNotFound),
            .findInformationResponse([.init(handle: 13, type: .short(0x2902))]), .writeResponse,
        ] {
            _ = connection.handle(.received(pdu: answer.encoded()))
        }
        return connection
    }

    @Test("It connects, raises security, reads it, and only then speaks")
    func order() {
        var connection = connection()
        #expect(connection.handle(.started) == [.connect, .startTimer(.attempt(1), after: .seconds(30))])
        #expect(connection.handle(.connected) == [.raiseSecurity, .startTimer(.security(1), after: .seconds(10))])
        #expect(
            connection.handle(.securityRead(secure)) == [
                .write(pdu: [0x02, 0x05, 0x02]), .startTimer(.client(1), after: .seconds(10)),
            ])
    }

    @Test(
        "Threat 1, BLESA: not a byte goes or is read where level, key size or error is not as it must be",
        arguments: [
            LinkSecurity(level: 1, keySize: 0, errorCode: 0), LinkSecurity(level: 2, keySize: 16, errorCode: 0),
            LinkSecurity(level: 3, keySize: 16, errorCode: 0), LinkSecurity(level: 4, keySize: 0, errorCode: 0),
            LinkSecurity(level: 4, keySize: 15, errorCode: 0), LinkSecurity(level: 4, keySize: 7, errorCode: 0),
            LinkSecurity(level: 4, keySize: 16, errorCode: 13),
        ])
    func insecure(security: LinkSecurity) {
        var connection = securing()
        #expect(connection.handle(.received(pdu: [0x1B, 12, 0, 1])) == [])
        #expect(connection.handle(.submitted(message: [1, 2, 3])) == [])
        #expect(connection.handle(.securityRead(security)) == [.end(.insecure(security))])
        #expect(connection.handle(.submitted(message: [1, 2, 3])) == [])
        #expect(connection.handle(.received(pdu: [0x1B, 12, 0, 1])) == [])
    }

    @Test("Threat 16, sniffing: what is submitted before the link is secure and ready is never written")
    func nothingInClear() {
        var connection = connection()
        let secret = [UInt8]("secret".utf8)
        var effects = connection.handle(.submitted(message: secret))
        effects += connection.handle(.started) + connection.handle(.submitted(message: secret))
        effects += connection.handle(.connected) + connection.handle(.submitted(message: secret))
        #expect(!effects.contains { if case .write = $0 { true } else { false } })
        effects = connection.handle(.securityRead(secure)) + connection.handle(.submitted(message: secret))
        #expect(effects.count { if case .write = $0 { true } else { false } } == 1)  // the MTU request
    }

    @Test("Threat 1, fake COR One: a failure while security is raised ends the link as refused")
    func failedRaise() {
        var connection = securing()
        let security = LinkSecurity(level: 0, keySize: 0, errorCode: 13)
        #expect(connection.handle(.failed(code: 13)) == [.end(.insecure(security))])
        #expect(BLEConnectionEnd.insecure(security).reason == .refused)
        #expect(BLEConnectionEnd.insecure(security).isFailureOfLink)
        var silent = securing()
        #expect(silent.handle(.timerFired(.security(1))) == [.end(.securityTimedOut)])
        #expect(BLEConnectionEnd.securityTimedOut.reason == .unreachable)
    }

    @Test("An absent device is awaited for ever, one attempt after the other")
    func awaited() {
        var connection = connection()
        _ = connection.handle(.started)
        for attempt in 1...100 as ClosedRange<UInt64> {
            #expect(
                connection.handle(.timerFired(.attempt(attempt))) == [
                    .giveUpAttempt, .connect, .startTimer(.attempt(attempt + 1), after: .seconds(30)),
                ])
            #expect(connection.handle(.timerFired(.attempt(attempt))) == [])
        }
    }

    @Test("With a limit an absent device is said to be missing after it")
    func limited() {
        var connection = connection(awaitLimit: .seconds(5))
        #expect(connection.handle(.started) == [.connect, .startTimer(.attempt(1), after: .seconds(5))])
        #expect(connection.handle(.timerFired(.attempt(1))) == [.end(.notReached(code: 0))])
        #expect(!BLEConnectionEnd.notReached(code: 0).isFailureOfLink)
        #expect(BLEConnectionEnd.notReached(code: 0).reason == .unreachable)
        var refused = self.connection(awaitLimit: .seconds(5))
        _ = refused.handle(.started)
        #expect(refused.handle(.failed(code: 112)) == [.end(.notReached(code: 112))])
    }

    @Test("Messages pass in both directions on an open link")
    func messages() {
        var connection = open()
        #expect(connection.handle(.submitted(message: [7])) == [.write(pdu: [0x52, 12, 0, 7])])
        let message: [UInt8] = [0x09, 0, 0, 1, 0, 0, 5, 0, 0xA0]
        #expect(connection.handle(.received(pdu: [0x1B, 12, 0] + message)) == [.deliver(message: message)])
    }

    @Test("An unfit device ends as refused, a broken link as failed, in whatever state")
    func ends() {
        var unfit = securing()
        _ = unfit.handle(.securityRead(secure))
        #expect(unfit.handle(.received(pdu: [3, 22, 0])) == [.end(.unfit(.mtuTooSmall(22)))])
        #expect(BLEConnectionEnd.unfit(.serviceMissing).reason == .refused)
        var attaching = securing()
        _ = attaching.handle(.securityRead(secure))
        #expect(attaching.handle(.failed(code: 104)) == [.end(.lost(code: 104))])
        var opened = open()
        #expect(opened.handle(.failed(code: 104)) == [.end(.lost(code: 104))])
        #expect(BLEConnectionEnd.lost(code: 104).reason == .failed(code: 104))
    }

    @Test("Closing ends it in every state, once")
    func closes() {
        for var connection in [connection(), securing(), open()] {
            #expect(connection.handle(.closed) == [.end(.closed)])
            #expect(connection.handle(.closed) == [])
            #expect(connection.handle(.started) == [])
        }
    }

    @Test("Events of other states change nothing")
    func late() {
        var opened = open()
        for event in [
            BLEConnection.Event.started, .connected, .securityRead(secure), .timerFired(.attempt(1)),
            .timerFired(.security(1)),
        ] {
            #expect(opened.handle(event) == [])
        }
        #expect(opened.handle(.submitted(message: [7])) == [.write(pdu: [0x52, 12, 0, 7])])
    }
}
