public enum Site { Hamburg, Boston }
