/// How far a full check of the store is.
package struct VerifyProgress: Sendable, Hashable {
    package var rowsChecked: Int
    package var rowsTotal: Int

    package init(rowsChecked: Int, rowsTotal: Int) {
        self.rowsChecked = rowsChecked
        self.rowsTotal = rowsTotal
    }
}
