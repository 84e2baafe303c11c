using System.Reflection;
using System.Runtime.InteropServices;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

public sealed class DriverEntriesTests
{
    /// <summary>A library that lacks one is recognised before the first call, not in the middle of a training.</summary>
    [Fact]
    public void List_has_every_entry_that_is_called() => Assert.Equal(
        typeof(DriverApi).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(static m => m.IsDefined(typeof(LibraryImportAttribute)) || m.IsDefined(typeof(DllImportAttribute)))
            .Select(static m => m.Name).Order(StringComparer.Ordinal),
        DriverApi.Entries.Order(StringComparer.Ordinal));
}
