import HubCore
import Testing

@testable import HubStore

@Suite("Prepared statements")
struct PreparedStatementTests {
    @Test("The statements that were used last stay prepared, up to a limit, and whatever ran before runs again")
    func bound() throws {
        let directory = try TemporaryDirectory()
        let connection = try SQLiteConnection(path: directory.path + "/a.sqlite")
        let limit = SQLiteConnection.statementCountMax
        for number in 0..<limit {
            #expect(try connection.integer("SELECT \(number)") == Int64(number))
            #expect(connection.statementCount == number + 1)
        }
        for number in limit...2 * limit {
            #expect(try connection.integer("SELECT \(number)") == Int64(number))
            #expect(connection.statementCount == limit)
        }
        #expect(try connection.integer("SELECT 0") == 0)
        connection.close(keepingLog: false)
    }
}
