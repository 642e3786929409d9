import CSQLite
import Glibc
import HubCore

extension StoreFault {
    /// The one table from SQLite's extended result codes to what the store says.
    ///
    /// - Parameters:
    ///   - code: sqlite3_extended_errcode.
    ///   - errno: sqlite3_system_errno, 0 where the system call did not fail.
    init(sqliteCode code: Int32, errno systemErrno: Int32, path: String, message: String) {
        switch (code & 0xFF, systemErrno) {
        case (SQLITE_FULL, _), (SQLITE_IOERR, ENOSPC), (SQLITE_IOERR, EDQUOT), (SQLITE_IOERR, EFBIG):
            self = .full
        case (SQLITE_READONLY, _), (SQLITE_IOERR, EROFS), (SQLITE_CANTOPEN, EROFS):
            self = .readOnly
        case (SQLITE_IOERR, _):
            self = .io(code: code)
        case (SQLITE_CANTOPEN, _), (SQLITE_PERM, _):
            self = .cannotOpen(path: path, errno: systemErrno)
        case (SQLITE_CORRUPT, _), (SQLITE_NOTADB, _):
            self = .damaged(.database(detail: message))
        case (SQLITE_BUSY, _), (SQLITE_LOCKED, _):
            self = .inUse(pid: nil)
        case (SQLITE_CONSTRAINT, _):
            self = .refused(.constraint)
        default:
            self = .unexpected(code: code)
        }
    }

    /// The same for a system call of the store's own files.
    init(errno code: Int32, path: String) {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: self = .full
        case EROFS: self = .readOnly
        case EIO: self = .io(code: code)
        default: self = .cannotOpen(path: path, errno: code)
        }
    }
}
