import CORProtocol
import Testing

@testable import HubAgent

@Suite("The status board")
struct StatusBoardTests {
    @Test("Threat 21: it shows a bounded number of links, and those that are shown go on to change")
    func bound() {
        let board = StatusBoard()
        for index in 0...StatusBoard.connectionCountMax {
            board.note("ble:\(index)", link: .ble) { $0.state = .searching }
        }
        #expect(board.connections.count == StatusBoard.connectionCountMax)
        board.note("ble:0", link: .ble) { $0.state = .connected }
        #expect(board.connections.first { $0.address == "ble:0" }?.state == .connected)
        board.forget("ble:1")
        board.note("ble:9999", link: .ble) { $0.state = .searching }
        #expect(board.connections.contains { $0.address == "ble:9999" })
    }

    @Test("What is not known is not changed, and a kind that cannot be looked on keeps its reason")
    func unknown() {
        let board = StatusBoard()
        board.note(known: "usb:X") { $0.signalStrength = 1 }
        #expect(board.connections == [])
        board.note(discoveryOf: .ble, unavailable: "bluetoothd has the adapter")
        board.note(discoveryOf: .usb, unavailable: nil)
        #expect(
            board.discoveries == [
                StatusBoard.Discovery(link: .usb, unavailable: nil),
                StatusBoard.Discovery(link: .ble, unavailable: "bluetoothd has the adapter"),
            ])
    }
}
