using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using PureHDF.VOL.Native;

namespace Control
{
    /// <summary>
    /// Opens HDF5 files so that damage cannot make the library read endlessly or allocate memory for bytes that a file does not have.
    /// </summary>
    internal static class GuardedFile
    {
        private static readonly Type reader = typeof(NativeFile).Assembly.GetType("PureHDF.VFD.H5StreamDriver", throwOnError: true)!;

        private static readonly FieldInfo read = reader.GetField("_stream", LibraryInternals.Members)!;

        private static readonly Func<Stream, object> driver = MakeDriver();

        private static readonly MethodInfo open = typeof(NativeFile).GetMethods(LibraryInternals.Members).Single(static m =>
            m.Name == "InternalOpen" && m.GetParameters() is [{ ParameterType.Name: "H5DriverBase" }, ..]);

        /// <summary>Opens a file.</summary>
        /// <exception cref="InvalidDataException">It is shorter than it says, or its head is damaged.</exception>
        /// <exception cref="IOException">It cannot be read.</exception>
        public static NativeFile Open(string path)
        {
            // Sources of a linked file lie beside that file.
            string target = Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
            var stream = new GuardedStream(new(target, FileMode.Open, FileAccess.Read, FileShare.Read));
            try
            {
                var file = (NativeFile)open.Invoke(
                    null, BindingFlags.DoNotWrapExceptions, null, [driver(stream), target, false, null], null)!;
                ulong end = (ulong)file.Internal("Context")!.Internal("Superblock")!.Internal("EndOfFileAddress")!;
                return end <= (ulong)stream.Length ? file : throw new InvalidDataException($"it ends before its {end} bytes");
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }

        /// <summary>The bytes of a file that was opened here.</summary>
        public static GuardedStream StreamOf(NativeFile file) =>
            (GuardedStream)read.GetValue(file.Internal("Context")!.Internal("Driver"))!;

        /// <summary>
        /// Makes the library's reader of streams check how much it is about to read before it takes memory for it. The class is made
        /// here since the library's own is not public.
        /// </summary>
        private static Func<Stream, object> MakeDriver()
        {
            var assembly = AssemblyBuilder.DefineDynamicAssembly(new("Control.GuardedDriver"), AssemblyBuilderAccess.Run);
            ConstructorInfo access = typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!;
            foreach (Assembly other in (Assembly[])[reader.Assembly, typeof(GuardedFile).Assembly])
            {
                assembly.SetCustomAttribute(new(access, [other.GetName().Name]));
            }
            TypeBuilder made = assembly.DefineDynamicModule("Driver").DefineType("GuardedDriver", TypeAttributes.Public, reader);

            ConstructorBuilder constructor = made.DefineConstructor(MethodAttributes.Public, CallingConventions.HasThis, [typeof(Stream)]);
            ILGenerator code = constructor.GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Ldc_I4_0);
            code.Emit(OpCodes.Call, reader.GetConstructor([typeof(Stream), typeof(bool)])!);
            code.Emit(OpCodes.Ret);

            MethodInfo readBytes = reader.GetMethod("ReadBytes", [typeof(int)])!;
            MethodBuilder checkedRead = made.DefineMethod(
                readBytes.Name, MethodAttributes.Public | MethodAttributes.Virtual | MethodAttributes.HideBySig,
                typeof(byte[]), [typeof(int)]);
            code = checkedRead.GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldfld, read);
            code.Emit(OpCodes.Castclass, typeof(GuardedStream));
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Call, typeof(GuardedStream).GetMethod(nameof(GuardedStream.Expect))!);
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Call, readBytes);
            code.Emit(OpCodes.Ret);
            made.DefineMethodOverride(checkedRead, readBytes);

            ConstructorInfo ready = made.CreateType().GetConstructor([typeof(Stream)])!;
            return stream => ready.Invoke([stream]);
        }
    }

    /// <summary>
    /// A file that is read within bounds: nothing beyond its end, and in total at most a multiple of its length and of its chunks.
    /// </summary>
    internal sealed class GuardedStream : Stream
    {
        /// <summary>
        /// Maximum number of reads per byte: a list of links is read field by field for each name. A lookup of a chunk
        /// also reads the nodes of an index above it field by field; HDF5 writes nodes of 2 KiB.
        /// </summary>
        private const long AllowedPasses = 64, AllowedOfLookup = 64 << 10;

        /// <summary>Small files consist of headers. A short read costs time as a longer one does.</summary>
        private const long AllowedAnyway = 256 << 10, CostOfRead = 8;

        private readonly FileStream file;
        private long position, left;

        public GuardedStream(FileStream file)
        {
            this.file = file;
            Length = file.Length;
            left = AllowedAnyway + AllowedPasses * Length;
        }

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length { get; }

        public override long Position
        {
            get => position;
            set => position = value;
        }

        /// <summary>Allows this number of further chunk look-ups.</summary>
        public void AllowLookups(double count) => left += (long)(count * AllowedOfLookup);

        /// <summary>Counts a read before it happens.</summary>
        /// <exception cref="EndOfStreamException">Fewer bytes are left.</exception>
        /// <exception cref="InvalidDataException">Too much has been read already.</exception>
        public void Expect(int count)
        {
            if (position < 0 || position > Length || count < 0 || count > Length - position)
            {
                throw new EndOfStreamException($"it refers to bytes beyond its end at {Length}");
            }
            left -= CostOfRead;
            // Damaged trees may be deeper than the stack.
            if (left < 0 || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            {
                throw new InvalidDataException("its parts refer to each other without end");
            }
        }

        public override int Read(Span<byte> buffer)
        {
            Expect(buffer.Length);
            left -= buffer.Length;
            if (file.Position != position)
            {
                file.Position = position;
            }
            file.ReadExactly(buffer);
            position += buffer.Length;
            return buffer.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => position + offset,
            _ => Length + offset,
        };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException("This file is only read.");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("This file is only read.");

        protected override void Dispose(bool disposing)
        {
            file.Dispose();
            base.Dispose(disposing);
        }
    }
}

namespace System.Runtime.CompilerServices
{
    /// <summary>The runtime lets an assembly with this attribute use non-public members of another assembly.</summary>
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        public string AssemblyName { get; } = assemblyName;
    }
}
