def run(b,c,t):
    import pandas as pd
    return pd.DataFrame({'outcome':[]})
FAILS='fails'
