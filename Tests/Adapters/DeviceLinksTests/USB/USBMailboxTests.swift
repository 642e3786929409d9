import Synchronization
import Testing

@testable import DeviceLinks

@Suite("The inbox of a USB link's thread")
struct USBMailboxTests {
    @Test("A letter ends the wait for something else, once")
    func wakes() {
        let mailbox = USBMailbox<Int>(droppableCountMax: 1) { _ in false }
        let wokenCount = Mutex(0)
        #expect(mailbox.waitElsewhere { wokenCount.withLock { $0 += 1 } })
        mailbox.post(1)
        mailbox.post(2)
        #expect(wokenCount.withLock { $0 } == 1)
        #expect(mailbox.takeNow() == [1, 2])
    }

    @Test("With letters there is nothing to wait for")
    func isFull() {
        let mailbox = USBMailbox<Int>(droppableCountMax: 1) { _ in false }
        mailbox.post(1)
        #expect(!mailbox.waitElsewhere { Issue.record("nobody waits") })
        mailbox.post(2)
        #expect(mailbox.takeNow() == [1, 2])
    }

    @Test("After the wait a letter wakes nobody")
    func isBack() {
        let mailbox = USBMailbox<Int>(droppableCountMax: 1) { _ in false }
        #expect(mailbox.waitElsewhere { Issue.record("nobody waits") })
        #expect(mailbox.takeNow().isEmpty)
        mailbox.post(1)
        #expect(mailbox.takeNow() == [1])
    }

    @Test("What may be dropped is dropped on top of its bound, nothing else")
    func bounded() {
        let mailbox = USBMailbox<Int>(droppableCountMax: 2) { $0 > 0 }
        [1, 2, 3, 0, -1].forEach(mailbox.post)
        #expect(mailbox.takeNow() == [1, 2, 0, -1])
    }
}
