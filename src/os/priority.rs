//! Threads that let others go first.

/// Has this thread alone step back behind the window and whatever else a person does. Where it is refused the work is done all the
/// same.
#[cfg(target_os = "linux")]
pub fn lower_this_thread() {
    const NICE: i32 = 5;
    // Of the thread, as Linux has it (setpriority(2)).
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(target_os = "macos")]
pub fn lower_this_thread() {
    // SAFETY: it changes nothing but how the calling thread is scheduled.
    let _ = unsafe { libc::pthread_set_qos_class_self_np(libc::qos_class_t::QOS_CLASS_UTILITY, 0) };
}

#[cfg(windows)]
pub fn lower_this_thread() {
    use windows_sys::Win32::System::Threading::{GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_BELOW_NORMAL};
    // SAFETY: the handle stands for the calling thread and needs no closing.
    let _ = unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL) };
}
